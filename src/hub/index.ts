// The door of hub: the wire protocol, the client, and sources of skills that need no server.

export { type Checked, checkDownload, type Expected } from './check-download.ts';
export { currentHub, type HubSettings, keyFor } from './choose-hub.ts';
export { apiUrlOf, createHubClient, type HubClient, type HubClientOptions } from './client.ts';
export { describeSkill, hashOfFiles, withoutSidecars } from './content.ts';
export { exchange, type Fetch, HubError } from './http.ts';
export { HUB_STATE_FILE, type HubState, readHubState, writeHubState } from './hub-state.ts';
export {
  applyUpdate,
  findOffer,
  findUpdates,
  folderTarget,
  goBack,
  type Installed,
  type Installer,
  install,
  installFrozen,
  type Target,
  type Update,
  type Verified,
  verifyInstalled,
} from './install.ts';
export { folderNameFor, installFolder, readInstalled } from './install-folder.ts';
export { libraryTarget } from './library-target.ts';
export { LOCK_FILE, type Lock, type LockEntry, readLock, writeLockEntry } from './lock-file.ts';
export * from './protocol.ts';
export * from './protocol-team.ts';
export { newRecordId, type PublishRequest, type PublishResult, publishSkill } from './publish.ts';
export {
  findSecrets,
  IGNORE_FILE,
  PUBLISH_LIMITS,
  type PublishReview,
  requirePublishable,
  reviewFiles,
  reviewFolder,
} from './publish-files.ts';
export {
  findSkillFolders,
  type Offer,
  openHubSource,
  openSource,
  type Source,
  type SourceWorld,
  toAddress,
} from './registries/index.ts';
export {
  CLOUD_ROUTES,
  type ReplyOf,
  ROUTES,
  type RouteName,
  type RouteOf,
  type RouteShape,
  TEAM_ROUTES,
} from './routes.ts';
export { registeredSigningKey } from './signing-key.ts';
export {
  AttestationStatement,
  createSigningKey,
  isSigned,
  PublicationStatement,
  readStatement,
  type SigningKey,
  signStatement,
} from './statements.ts';
export { queryForTask, TASK_SHARING, type TaskSharing } from './task-query.ts';
