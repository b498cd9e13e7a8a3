"""Hilo: is the next card higher or lower?"""
