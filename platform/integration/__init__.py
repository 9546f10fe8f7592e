"""What a connector to the outside world is: manifest, life cycle, transports. Connectors themselves live in connectors/."""
