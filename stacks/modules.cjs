// What Node compiles of the CDK's library is kept for the next synthesis, as Python's byte code is.
// stacks/node.py has Node load this first. Node before 22.1 keeps nothing, and so nothing applies.
"use strict";

const fs = require("node:fs");
const { Module, enableCompileCache } = require("node:module");
const path = require("node:path");

const { WEIR_COMPILED_MODULES: directory } = process.env;
const links = new Map();

// Node keeps by path, and jsii links its packages into a new folder each time. So a module is
// compiled under a path that stays: a link of ours to where the package really is. Node compares
// the content, too. The CDK knows its own code by `node_modules/aws-cdk-lib`.
function lasting(filename) {
  const [, folder, name, inside] =
    /^(.*?[\\/]node_modules[\\/])((?:@[^\\/]+[\\/])?[^\\/]+)(.*)$/.exec(filename) ?? [];
  if (!name) return filename;
  const package_ = folder + name;
  if (!links.has(package_)) links.set(package_, link(package_, name));
  return links.get(package_) + inside;
}

function link(package_, name) {
  const real = fs.realpathSync(package_);
  if (real === package_) return package_; // no link of jsii's
  const last = path.join(directory, "linked", real.replaceAll(/[\\/:]/g, "_"), "node_modules", name);
  try {
    fs.mkdirSync(path.dirname(last), { recursive: true });
    fs.symlinkSync(real, last, "junction");
  } catch (error) {
    if (error.code !== "EEXIST") return package_; // no room for a cache: compiled as it comes
  }
  return last;
}

if (enableCompileCache && directory) {
  enableCompileCache(path.join(directory, "compiled"));
  const { _compile } = Module.prototype;
  Module.prototype._compile = function (content, filename, ...others) {
    return _compile.call(this, content, lasting(filename), ...others);
  };
}
