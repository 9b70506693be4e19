#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# include-farm.sh SOURCE BUILD: BUILD/inc/LAYER/LAYER -> SOURCE/src/LAYER, so that -IBUILD/inc/LAYER shows one layer only.
set -e
mkdir -p "$2/inc"
for d in "$1"/src/*/; do
  layer=$(basename "$d")
  mkdir -p "$2/inc/$layer"
  ln -sfn "$1/src/$layer" "$2/inc/$layer/$layer"
done
