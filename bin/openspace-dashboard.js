#!/usr/bin/env node
// `openspace-dashboard`, the original's command: the same as `openspace dashboard`.
process.argv.splice(2, 0, 'dashboard');
await import('./openspace.js');
