// The light door of engine: the library of a data home, without agents, tools or models.
export { type LibraryHandles, openLibraryOf } from '../open-library.ts';
