"""One module for each way of speaking to an agency, found by the entry point group `sala.connectors`."""
