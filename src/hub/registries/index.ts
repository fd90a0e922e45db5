// Sources of skills: hubs, git repositories, folders and web listings behind one interface.
export { findSkillFolders } from './folder-source.ts';
export { openHubSource } from './hub-source.ts';
export { openSource, toAddress } from './open-source.ts';
export type { Fetched, Offer, Source, SourceWorld } from './source.ts';
