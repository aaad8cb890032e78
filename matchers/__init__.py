"""One file per matching strategy: frames in, candidate frame out."""
