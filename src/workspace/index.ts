// The door of workspace: the snapshot in which an attempt works, its merge into the user's folder, undo, replay cases.
//
// How one folder is seen by everybody
// -----------------------------------
// A snapshot has one `view` (`FolderView` in lib): `shown`, the path that the user, the model and every program know,
// and `root`, the path under which our own process reaches the same files. Both lead to the same bytes:
//
//   kind      programs see it at `shown` because …                      our process reaches it at `root`
//   overlay   they are started in the mount namespace of a holder       /proc/<holder>/root/<path>
//             process (`view.enter`), where an overlay lies on `path`
//   clone,    the sandbox binds `root` on `path`; without a sandbox     <data home>/cache/workspaces/…/tree
//   copy      that can, `shown` is `root`
//   direct    there is no snapshot                                      path
//
// File tools translate paths by `toRootPath` and `toShownPath`; `lib/files.ts` follows links in `/proc/<pid>/root` by
// itself, as the kernel would resolve them against our own root. The sandbox translates working directories.
//
// The kinds are tried in this order. Overlay: no copying at all, O(1) whatever the size; needs Linux, and for
// ordinary users a kernel (5.11) and a system that allow user namespaces. Clone: files share their blocks (btrfs,
// XFS, APFS). Copy: only for small folders. Direct: changes can't be taken back, and `notes` says so.
//
// Nothing has to be unmounted: the namespace ends with its holder, and the holder with us, even by `kill -9`. What
// stays is a folder in the cache, swept by the next start; applying half-way is rolled back then.
//
// The user's folder stays live: edits that the user makes during the run are seen by the attempt where it has not
// changed the same file. `checkpoint` notes the start of each changed file for the three-way merge.
export type { ApplyResult, HeldChange } from './apply.ts';
export { CASE_LIMITS, layOutCase, listCases, type ReplayCase, readCase } from './cases.ts';
export {
  cleanLeftovers,
  openWorkspace,
  type ShownChange,
  type SnapshotKind,
  type Workspace,
  type WorkspaceOptions,
} from './open.ts';
export { type UndoResult, undoRun } from './undo.ts';
