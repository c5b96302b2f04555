"""Endings of files that lie beside items: documents, programs, archives."""

from __future__ import annotations

DOCUMENTS = frozenset(
    {".txt", ".md", ".rst", ".csv", ".tsv", ".xml", ".json", ".jsonl", ".yaml", ".yml", ".ini"}
    | {".cfg", ".toml", ".log", ".html", ".htm", ".css", ".js", ".py", ".ipynb", ".m", ".r", ".sh"}
    | {".bat", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".rtf"}
    | {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".db", ".sqlite", ".parquet"}
    | {".npy", ".npz", ".pkl", ".pt", ".pth", ".onnx", ".h5", ".hdf5", ".mat", ".exe", ".dll"}
    | {".lnk", ".url", ".xmp", ".thm", ".aae", ".pto", ".tfw", ".jgw", ".pgw", ".prj", ".geojson"}
)
"""Endings of what lies beside items: never looked into, and never missed."""
