// The door of tools: the agent's hands.
export { readDocumentTool } from './documents/read-tool.ts';
export { writeDocumentTool } from './documents/write-tool.ts';
export type { FileAccess } from './files/access.ts';
export { editTool } from './files/edit.ts';
export { findTool, grepTool, listTool } from './files/find.ts';
export { readTool } from './files/read.ts';
export { writeTool } from './files/write.ts';
export { type McpConfigProblem, type McpServerConfig, parseMcpServers } from './mcp/config.ts';
export { mcpToolName } from './mcp/names.ts';
export {
  type McpServerStatus,
  type McpServers,
  type McpServersOptions,
  openMcpServers,
} from './mcp/servers.ts';
export {
  type Approval,
  type Approvals,
  commandFacts,
  type Decision,
  describeRule,
  type GuardOptions,
  guardFor,
  loadPolicy,
  type MappedPolicy,
  MODES,
  type Mode,
  mapOriginalPolicy,
  type NewApproval,
  openApprovals,
  type Policy,
  type PolicyOptions,
  parseRules,
  type Rule,
} from './policy/index.ts';
export {
  checkHost,
  createExits,
  describeForModel,
  describeSandbox,
  type Exits,
  findEnvFiles,
  hostFits,
  isPublicAddress,
  NO_SANDBOX,
  openSandbox,
  reportLines,
  type Sandbox,
  type SandboxLimits,
  type SandboxOptions,
  type SandboxReport,
  viewSpawner,
} from './sandbox/index.ts';
export type { ShellOptions } from './shell/command.ts';
export { shellTools } from './shell/run-shell.ts';
export { type RunAgent, researchTool, type SubAgentOptions, subAgentTool } from './sub-agent.ts';
export { todoTool } from './todo.ts';
export { defineTool, failure, success, type ToolDefinition } from './tool.ts';
export {
  fileTools,
  type Guard,
  openToolset,
  type ToolSource,
  type Toolset,
  type ToolsetOptions,
} from './toolset.ts';
export { type WebFetchOptions, webFetchTool } from './web/fetch-tool.ts';
export type { WebAccess } from './web/safe-fetch.ts';
export { type WebSearchOptions, webSearchTool } from './web/search-tool.ts';
export { asUntrusted } from './web/untrusted.ts';
