"""The demo bank: coins, a block explorer, a mailbox and trouble on demand, for one local demo.

The platform knows nothing of it: it meets the bank as its node (through a proxy that can be cut),
its mail server and its price feed.
"""
