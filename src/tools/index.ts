// The door of tools.
export { type McpConfigProblem, type McpServerConfig, parseMcpServers } from './mcp/config.ts';
export { mcpToolName } from './mcp/names.ts';
export {
  type McpServerStatus,
  type McpServers,
  type McpServersOptions,
  openMcpServers,
} from './mcp/servers.ts';
