"""The ECB Data Portal, played."""
