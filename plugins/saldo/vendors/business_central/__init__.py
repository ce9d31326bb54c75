"""Microsoft Dynamics 365 Business Central: API v2.0 (OData), with tokens of Microsoft's identity platform."""
