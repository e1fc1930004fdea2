"""The files that a render writes: formats, names, File Output nodes, texts in images, previews and movies."""
