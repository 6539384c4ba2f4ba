// Python speaks to the CDK's process itself. jsii starts that process by way of another, which
// copies each message: as many switches between processes again, and a tenth of the CPU time.
// stacks/node.py has Node load this first. Where jsii starts it otherwise, nothing here applies.
"use strict";

const childProcess = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { Writable } = require("node:stream");
const { inspect } = require("node:util");

const DIRECT = "WEIR_DIRECT"; // tells the CDK's process that it has Python's own pipes
const CHANNEL = 3; // which jsii reads and writes; a pipe has one direction, so there are two
const ANSWERS = 4;
const PLUMBING = 'exec "$0" "$@" 3<&0 4>&1 </dev/null >&2';

// In jsii's first process: become the second one in place of starting it, once all is checked.
function become() {
  const { spawn } = childProcess;
  childProcess.spawn = (command, args, options) => {
    if (String(options?.stdio) !== "ignore,pipe,pipe,pipe") return spawn(command, args, options);
    const environment = { ...process.env, [DIRECT]: "1" };
    return process.execve("/bin/sh", ["sh", "-c", PLUMBING, command, ...args], environment);
  };
}

// In the second: what the first would have copied. Text goes as jsii's Python understands it.
function speak() {
  delete process.env[DIRECT];
  const { writeSync } = fs;
  fs.writeSync = (fd, ...others) => writeSync(fd === CHANNEL ? ANSWERS : fd, ...others);
  for (const name of ["stdout", "stderr"]) {
    const told = new Writable({
      write(text, _, done) {
        writeSync(2, `${JSON.stringify({ [name]: text.toString("base64") })}\n`);
        done();
      },
    });
    Object.defineProperty(process, name, { value: Object.assign(told, { fd: 2 }) });
  }
  process.on("uncaughtException", (error) => { // Node itself would tell it past these
    process.stderr.write(`${inspect(error)}\n`);
    process.exit(1);
  });
}

if (process.env[DIRECT]) speak();
else if (process.execve && path.basename(process.argv[1] ?? "") === "jsii-runtime.js") become();
