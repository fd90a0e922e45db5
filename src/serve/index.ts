// The door of serve: faces for machines. `mcp/` has a light door of its own.

export { type Dashboard, type DashboardOptions, openDashboard } from './dashboard/index.ts';
export { ensureToken } from './mcp/token.ts';
