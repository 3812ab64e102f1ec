#!/bin/bash
# Hit ratio of the edge's cache beside LRU, S3-FIFO and eviction by next use; see README.md here.
# HITS_REQUESTS=2000000 gives a quick look.
set -eu
hits
