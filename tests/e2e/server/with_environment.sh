#!/usr/bin/env bash
# with_environment.sh NAME=VALUE... PROGRAM [ARGUMENT...]: runs a test program in a longer form.
exec env "$@"
