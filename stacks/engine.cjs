// How Node runs the CDK's rules, which are an engine of WebAssembly that works for a second or two.
// stacks/node.py has Node load this first. Where the engine is another, nothing here applies.
"use strict";

const v8 = require("node:v8");

// Code for so short a time isn't worth optimizing: that took longer than all it was run for.
v8.setFlagsFromString("--no-wasm-tier-up");
v8.setFlagsFromString("--no-wasm-dynamic-tiering");

// The engine takes 200 MB piece by piece. V8 counts each new size of the memory as that much more
// garbage, and collected the whole heap 400 times. Taken and given back once, it is there.
const ROOM_BYTES = 256 * 1024 * 1024; // reserved: only what is used becomes real
const { Instance } = WebAssembly;

WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    const { __wbindgen_malloc: malloc, __wbindgen_free: free } = this.exports;
    if (malloc && free) free(malloc(ROOM_BYTES, 1) >>> 0, ROOM_BYTES, 1);
  }
};
