#!/bin/sh
# Run by Gradescope once, as root, when the image is made: a Rust that every user
# can read, and the course, built and with its dependencies.
set -e
apt-get update
apt-get install -y --no-install-recommends build-essential ca-certificates curl iproute2
export RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo
curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --no-modify-path
export PATH="$CARGO_HOME/bin:$PATH"
cd /autograder/source/course
cargo fetch --locked
cargo build --locked
chmod -R a+rX "$RUSTUP_HOME" "$CARGO_HOME"
