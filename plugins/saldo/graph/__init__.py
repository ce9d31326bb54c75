"""Microsoft Graph, as far as files in SharePoint go: sites, libraries, folders, changes, downloads."""
