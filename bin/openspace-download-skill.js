#!/usr/bin/env node
// `openspace-download-skill`, the original's command: the same as `openspace download-skill`.
process.argv.splice(2, 0, 'download-skill');
await import('./openspace.js');
