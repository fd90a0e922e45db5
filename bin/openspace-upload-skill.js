#!/usr/bin/env node
// `openspace-upload-skill`, the original's command: the same as `openspace upload-skill`.
process.argv.splice(2, 0, 'upload-skill');
await import('./openspace.js');
