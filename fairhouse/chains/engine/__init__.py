"""The watcher: follows a chain block by block and writes down what reaches watched addresses."""
