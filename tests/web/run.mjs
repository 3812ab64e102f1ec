// node run.mjs FILE.wasm ARGUMENT...: a program for WebAssembly, with the files of the current folder.
import {readFileSync} from 'node:fs';
import {WASI} from 'node:wasi';

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({version: 'preview1', args: [file, ...args], preopens: {'.': '.'}, returnOnExit: true});
const {instance} = await WebAssembly.instantiate(readFileSync(file), {wasi_snapshot_preview1: wasi.wasiImport});
process.exitCode = wasi.start(instance);
