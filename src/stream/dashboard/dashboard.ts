import { protocolVersion, type ServerMessage } from '../publish/protocol.ts';
import { addCamera, readLiveliness, readMasks, setLiveliness, setMasks, setPaused } from './admin-api.ts';
import { Announcer } from './announcer.ts';
import { CameraTiles } from './tiles/camera-tiles.ts';
import { Connection, type ConnectionState } from './connection.ts';
import { element, pageElement, setText } from './elements.ts';
import { Grid } from './tiles/grid.ts';
import { createHelpDialog } from './dialogs/help-dialog.ts';
import { LivelinessDialog } from './dialogs/liveliness-dialog.ts';
import { MasksDialog } from './dialogs/masks-dialog.ts';
import { addKeyboard, type PageKey } from './keyboard.ts';
import { moveId } from './logic/camera-order.ts';
import type { DashboardSettings } from './logic/settings-format.ts';
import { describeAll, describeNotice } from './logic/state-text.ts';
import { Navigation } from './navigation.ts';
import { watchVisibility } from './page-visibility.ts';
import { PictureInPicture } from './players/picture-in-picture.ts';
import { addReordering } from './tiles/reorder.ts';
import { SettingsDialog } from './dialogs/settings-dialog.ts';
import { SettingsStore } from './settings-store.ts';
import { createShortcuts } from './shortcuts.ts';
import type { Tile } from './tiles/tile.ts';
import { TopBar } from './top-bar.ts';
import { canPlayVideo } from './players/video-player.ts';
import { updateRequests } from './stream-requests.ts';
import { RequestTimer } from './request-timer.ts';

const refreshMs = 1000;

/** The page: connects the WebSocket, the tiles and the user's settings. One per page, as long as the page lives. */
export class Dashboard {
  readonly #store = new SettingsStore((settings) => this.#applySettings(settings));
  readonly #grid = new Grid();
  readonly #empty = element('p', { class: 'empty' });
  readonly #announcer = new Announcer(pageElement('announcer'));
  readonly #pictureInPicture = new PictureInPicture(() => this.#requests.schedule());
  readonly #tiles = new CameraTiles(
    this.#grid,
    {
      serverNowMs: () => this.#connection.serverNowMs(),
      isConnected: () => this.#isConnected,
      open: (id) => this.#navigation.open(id),
      isSingle: (id) => this.#grid.single?.id === id,
      pictureInPicture: (tile) => this.#showInWindow(tile),
      zoomed: () => this.#requests.schedule(),
      videoFailed: () => this.#giveUpVideo(),
    },
    () => this.#requests.schedule(),
  );
  readonly #navigation = new Navigation(this.#grid, this.#tiles, (single) => {
    this.#tiles.arrange(this.#store.settings, single);
    this.#bar.showPlace(single?.status.name);
  });
  readonly #bar = new TopBar(pageElement('bar'), {
    back: () => this.#navigation.close(),
    press: (key) => this.#press(key),
    compareAll: (isOn) => {
      for (const tile of this.#grid.tiles) tile.compare(isOn);
    },
  });
  readonly #help = createHelpDialog();
  readonly #liveliness = new LivelinessDialog({ read: readLiveliness, save: setLiveliness });
  readonly #masks = new MasksDialog({ read: readMasks, save: setMasks });
  readonly #dialog = new SettingsDialog({
    change: (part) => this.#store.change(part),
    setPaused: (id, isPaused) => {
      void setPaused(id, isPaused).then((fault) => {
        if (fault !== undefined) this.#bar.showMessage(fault);
      });
    },
    addCamera,
    editMasks: (camera) => void this.#masks.open(camera),
    editLiveliness: (camera) => void this.#liveliness.open(camera),
    move: (id, by) => this.#reorder(id, (order) => order.indexOf(id) + by),
  });
  readonly #connection = new Connection({
    onState: (state) => this.#applyConnection(state),
    onMessage: (message) => this.#receive(message),
    onPicture: (header, payload) => this.#tiles.get(header.camera)?.accept(header, payload),
  });
  readonly #requests = new RequestTimer(
    () =>
      updateRequests(this.#tiles.all, {
        settings: this.#store.settings,
        shown: this.#grid.shown,
        hasVideo: this.#hasVideo,
        isSeen: this.#isSeen,
        pictureInPicture: this.#pictureInPicture,
      }),
    (streams) => this.#connection.watch(streams),
  );
  #hasVideo = canPlayVideo();
  #isSeen = true;
  #hasList = false;
  #isConnected = false;
  #notice = 'The colour in these pictures is synthetic.';

  /** Fills the page and connects. */
  start(): void {
    pageElement('main').append(this.#grid.root, this.#empty);
    addReordering(this.#grid, (tile, index) => this.#moveTile(tile, index));
    addKeyboard(
      createShortcuts({
        grid: this.#grid,
        navigation: this.#navigation,
        hasLetters: () => this.#store.settings.hasKeys,
        moveTile: (tile, direction) => this.#moveTile(tile, this.#grid.placeBeside(tile, direction)),
        hide: (tile) => this.#hide(tile),
        pictureInPicture: (tile) => this.#showInWindow(tile),
        press: (key) => this.#press(key),
      }),
    );
    watchVisibility((isSeen) => this.#setSeen(isSeen));
    setInterval(() => this.#refresh(), refreshMs);
    this.#applySettings(this.#store.settings);
    this.#connection.retryNow();
  }

  #applySettings(settings: DashboardSettings): void {
    const page = document.documentElement.dataset;
    page['theme'] = settings.theme;
    page['stats'] = settings.hasStats ? 'on' : 'off';
    this.#bar.showStats(settings.hasStats);
    this.#tiles.arrange(settings, this.#grid.single);
    this.#showDialog();
    this.#refresh();
    this.#requests.schedule();
  }

  #showDialog(): void {
    const { settings } = this.#store;
    this.#dialog.show(settings, this.#tiles.sorted(settings));
  }

  #applyConnection(state: ConnectionState): void {
    document.documentElement.dataset['connection'] = state.kind;
    this.#isConnected = state.kind === 'open';
    this.#bar.connection = state;
    if (state.kind === 'lost' && this.#hasList) this.#announcer.noteLost();
    if (state.kind === 'open') {
      this.#announcer.noteFound();
      this.#requests.schedule();
    }
    this.#refresh();
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'hello') {
      this.#notice = message.notice;
      this.#dialog.showUser(message.user, message.isAdmin);
      this.#bar.showFilms(message.hasFilms);
      this.#showDialog();
      if (message.protocol !== protocolVersion)
        this.#bar.showMessage('The server was updated. Please reload this page.');
    } else if (message.type === 'cameras') {
      this.#hasList = true;
      this.#tiles.setCameras(message.cameras);
      for (const camera of message.cameras) this.#announcer.observe(camera);
      this.#applySettings(this.#store.settings);
      this.#navigation.follow();
    } else if (message.type === 'status') {
      const before = this.#tiles.get(message.status.id)?.status.state.kind;
      this.#tiles.setStatus(message.status);
      if (before !== message.status.state.kind) this.#showDialog();
      this.#announcer.observe(message.status);
      this.#requests.schedule();
    } else if (message.type === 'format') this.#tiles.get(message.camera)?.setFormat(message.mimeType);
    else if (message.type === 'error') this.#bar.showMessage(message.message);
  }

  #refresh(): void {
    if (document.hidden) return;
    for (const tile of this.#grid.tiles) tile.refresh();
    this.#bar.refresh();
    this.#bar.showSummary(this.#hasList && this.#isConnected ? describeAll(this.#tiles.states) : '');
    this.#empty.hidden = this.#grid.tiles.length > 0;
    setText(this.#empty, emptyText(this.#hasList, this.#tiles.all.length));
    setText(
      pageElement('notice'),
      describeNotice(
        this.#grid.shown.map(({ status }) => status),
        this.#notice,
      ),
    );
    this.#announcer.refresh();
  }

  #press(key: PageKey): void {
    if (key === 'i') this.#store.change({ hasStats: !this.#store.settings.hasStats });
    else if (key === ',') this.#dialog.root.showModal();
    else this.#help.showModal();
  }

  /** Moves a tile to the position of another one in the grid. */
  #moveTile(tile: Tile, index: number): void {
    const target = this.#grid.tiles[index];
    if (target === undefined || target === tile) return;
    this.#reorder(tile.id, (order) => order.indexOf(target.id));
    this.#announcer.say(`${tile.status.name}, place ${index + 1} of ${this.#grid.tiles.length}`);
  }

  #reorder(id: string, to: (order: readonly string[]) => number): void {
    const order = this.#tiles.sorted(this.#store.settings).map((camera) => camera.id);
    this.#store.change({ order: moveId(order, id, to(order)) });
  }

  #hide(tile: Tile): void {
    this.#announcer.say(`${tile.status.name} is hidden`);
    this.#store.change({ hidden: [...this.#store.settings.hidden, tile.id] });
    this.#grid.focusReached();
  }

  #showInWindow(tile: Tile): void {
    this.#pictureInPicture
      .toggle(tile.view.colour)
      .catch(() => this.#bar.showMessage('The browser refused picture-in-picture.'));
  }

  #giveUpVideo(): void {
    this.#hasVideo = false;
    this.#bar.showMessage('This browser cannot play the video. Pictures now come as JPEG.');
    this.#requests.schedule();
  }

  #setSeen(isSeen: boolean): void {
    this.#isSeen = isSeen;
    if (isSeen) {
      this.#refresh();
      this.#connection.retryNow();
    }
    this.#requests.schedule();
  }
}

function emptyText(hasList: boolean, cameras: number): string {
  if (!hasList) return 'Connecting …';
  return cameras === 0 ? 'No cameras.' : 'All cameras are hidden. Settings (,) show them again.';
}
