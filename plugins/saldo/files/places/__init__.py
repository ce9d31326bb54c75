"""Where files lie, and what of them is new: a folder on a disk or in a store, a library in SharePoint."""
