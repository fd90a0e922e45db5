// The light door of the MCP server: everything heavy is loaded at its first use.

export { type DaemonFile, daemonLog, findDaemon } from './daemon.ts';
export { type ServeMcpOptions, serveMcp, type TransportName } from './serve-mcp.ts';
