"""The composition root: settings, wiring, servers, command line. Only it names adapters."""
