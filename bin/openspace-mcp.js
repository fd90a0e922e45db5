#!/usr/bin/env node
// `openspace-mcp`, the original's command: the same as `openspace mcp`.
process.argv.splice(2, 0, 'mcp');
await import('./openspace.js');
