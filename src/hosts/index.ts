// The door of hosts: other agents on this machine.

export { type HostPlaces, type HostSettings, readNanobot, readOpenclaw } from './credentials.ts';
export { HOST_SKILLS, type HostSkillFolder, hostSkillFolders } from './skill-folders.ts';
