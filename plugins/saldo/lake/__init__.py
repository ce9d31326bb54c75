"""The lake: what staging holds, also as Parquet.

columns        from an entity's record to the columns of its files
plan           which file comes next
writer         one agreement's files: owed, written, published
manifest       ops.lake_file
store          the folder, container or bucket they lie in
"""

from .store import Store
from .writer import LakeWriter, Written

__all__ = ["LakeWriter", "Store", "Written"]
