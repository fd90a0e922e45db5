// The door of serve: faces for machines. `mcp/` has a light door of its own.

export { type Dashboard, type DashboardOptions, openDashboard } from './dashboard/index.ts';
export { type HubAccess, hubAccess, hubClientWithKey } from './hub-access.ts';
export { ensureToken } from './mcp/token.ts';
