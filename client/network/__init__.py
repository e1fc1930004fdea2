"""How this computer reaches the network: proxies and certificates, clients for API calls, an HTTP server."""
