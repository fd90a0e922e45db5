// The door of the dashboard.
export { type Dashboard, type DashboardOptions, openDashboard } from './serve-dashboard.ts';
