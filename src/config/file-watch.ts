import { readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { defer, finalize, fromEvent, map, merge, Subject, type Observable } from 'rxjs';
import { AppError } from '../errors.ts';

/** As many links as Linux follows. */
const mostLinks = 40;

/**
 * Reports that a file may have changed. It watches the folders that contain the file, each link on the way, and the
 * target. So it notices both a rename over the file (editors) and a swapped link (Kubernetes).
 */
export class FileWatch implements AsyncDisposable {
  /** Emits for anything that happens in those folders. It watches while subscribed, and has one subscriber. */
  readonly touched$: Observable<void>;
  /** A folder that cannot be watched; the others still are. */
  readonly failures$: Observable<AppError>;
  private readonly path: string;
  private readonly moved$ = new Subject<void>();
  private readonly failed$ = new Subject<AppError>();
  private watcher: FSWatcher | undefined;
  private watched: ReadonlySet<string> = new Set();
  private closing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = resolve(path);
    this.failures$ = this.failed$.asObservable();
    this.touched$ = defer(() => {
      const watcher = this.open();
      const events = ['ready', 'raw', 'all'].map((name) => fromEvent(watcher, name));
      return merge(...events, this.moved$).pipe(
        map(() => undefined),
        finalize(() => this.close()),
      );
    });
  }

  /** Follows links whose targets have changed; must be called before the file is read. */
  async follow(): Promise<void> {
    const wanted = new Set([this.path, ...(await foldersOnTheWay(this.path))]);
    const added = [...wanted].filter((path) => !this.watched.has(path));
    const gone = [...this.watched].filter((path) => !wanted.has(path));
    this.watched = wanted;
    if (this.watcher === undefined || added.length + gone.length === 0) return;
    this.watcher.add(added);
    this.watcher.unwatch(gone);
    this.moved$.next(); // one more check catches what happened before the new watch began
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closing;
  }

  private open(): FSWatcher {
    this.watched = new Set([this.path, dirname(this.path)]);
    this.watcher = watch([...this.watched], {
      ignored: (path) => !this.watched.has(resolve(path)), // a folder may hold thousands of other files
      ignoreInitial: true,
      depth: 0,
      atomic: false,
    });
    this.watcher.on('error', (error) => this.failed$.next(watchFailure(this.path, error)));
    return this.watcher;
  }

  private close(): void {
    const { watcher } = this;
    this.watcher = undefined;
    if (watcher) this.closing = Promise.all([this.closing, watcher.close()]).then(() => undefined);
  }
}

function watchFailure(path: string, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('INPUT_MISSING', `${path}: its folder cannot be watched (${reason})`, {
    cure: 'send SIGHUP to reload after a change; on Linux raise fs.inotify.max_user_watches',
    cause: error,
  });
}

/** The folders that contain the path, or a link on the way. */
async function foldersOnTheWay(path: string): Promise<Set<string>> {
  const folders = new Set([dirname(path)]);
  let rest = path;
  for (let links = 0; links < mostLinks; links++) {
    const link = await firstLink(rest);
    if (link === undefined) break;
    folders.add(dirname(link.at));
    rest = resolve(dirname(link.at), link.target, link.behind);
  }
  return folders.add(dirname(rest));
}

/** The first part of a path that is a link, and the rest after it. */
async function firstLink(path: string): Promise<{ at: string; target: string; behind: string } | undefined> {
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep);
  for (const i of parts.keys()) {
    const at = join(root, ...parts.slice(0, i + 1));
    const target = await readlink(at).catch(() => undefined); // it is not a link, or does not exist
    if (target !== undefined) return { at, target, behind: join(...parts.slice(i + 1), '.') };
  }
  return undefined;
}
