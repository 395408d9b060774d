"""Signs bundles and files as minisign does. The runtime checks what this writes."""
