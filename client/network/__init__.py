"""How this computer reaches the network: proxies, certificates, where links may lead, API calls, an HTTP server."""
