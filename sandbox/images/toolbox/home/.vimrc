set nocompatible mouse= expandtab shiftwidth=2 tabstop=2
syntax on
