import type { CameraStatus } from '../../../ingest/live/camera-status.ts';
import type { PictureHeader } from '../../publish/protocol.ts';
import { element, setText } from '../elements.ts';
import { JpegPlayer, type Player } from '../players/jpeg-player.ts';
import { createRateMeter } from '../logic/rate-meter.ts';
import { describeCard } from '../logic/card-text.ts';
import {
  syntheticColour,
  describeColour,
  describeNight,
  describeState,
  formatClockTime,
} from '../logic/state-text.ts';
import type { ViewerStats } from '../logic/stats-text.ts';
import type { StreamMode } from '../logic/stream-choice.ts';
import { unzoomed, zoomAt } from '../logic/zoom-view.ts';
import { PictureView } from '../players/picture-view.ts';
import { TileStats } from './tile-stats.ts';
import { TileTools } from './tile-tools.ts';
import { VideoPlayer } from '../players/video-player.ts';
import { addIdleHiding } from './idle-hiding.ts';
import { addZoomGestures } from './zoom-gestures.ts';

/** What a tile needs from the page. */
export interface TileHost {
  serverNowMs(): number | undefined;
  /** Whether the server is connected, so that the states are current. */
  isConnected(): boolean;
  open(id: string): void;
  isSingle(id: string): boolean;
  pictureInPicture(tile: Tile): void;
  /** The picture may now need another height. */
  zoomed(): void;
  /** This browser cannot play the server's video. */
  videoFailed(): void;
}

/** What a tile says while the server is not connected: the last state may be wrong by now. */
const unknownState = { text: 'no connection to the server', tone: 'off' } as const;

/** One camera on the page. */
export class Tile {
  readonly root: HTMLElement;
  readonly openButton: HTMLButtonElement;
  readonly view: PictureView;
  readonly tools: TileTools;
  /** Whether part of the tile is on the screen; the page's observer sets it. */
  isOnScreen = false;
  #status: CameraStatus;
  readonly #host: TileHost;
  readonly #stats = new TileStats();
  readonly #state = element('span', { class: 'state' });
  readonly #night = element('span', { class: 'night' });
  readonly #colour = element('span', { class: 'synthetic', title: 'The colour is computed, not recorded' });
  readonly #card = element('p', { class: 'card', hidden: '' });
  readonly #meter = createRateMeter();
  readonly #shown = createRateMeter();
  #player: Player | undefined;
  #mode: StreamMode = 'jpeg';
  #latencyMs: number | undefined;
  #droppedBefore = 0;

  constructor(status: CameraStatus, host: TileHost) {
    this.#status = status;
    this.#host = host;
    this.view = new PictureView(status.name);
    this.tools = new TileTools(status, {
      compare: () => this.toggleComparing(),
      hold: (isHeld) => this.hold(isHeld),
      zoom: (factor) => this.zoomBy(factor),
      pictureInPicture: () => host.pictureInPicture(this),
      fullscreen: () => this.toggleFullscreen(),
    });
    this.openButton = element('button', {
      type: 'button',
      class: 'name',
      'aria-describedby': `state-${status.id}`,
    });
    this.#state.id = `state-${status.id}`;
    this.root = this.#build();
    this.#listen();
    this.refresh();
  }

  get id(): string {
    return this.#status.id;
  }

  get status(): CameraStatus {
    return this.#status;
  }

  set status(status: CameraStatus) {
    this.#status = status;
    this.refresh();
  }

  /** The height that the picture needs, pixels of the screen, including zoom. */
  get neededHeightPx(): number {
    return this.view.root.clientHeight * devicePixelRatio * this.view.zoom.scale;
  }

  /** Prepares for pictures of a mode, or for none. The last picture stays. */
  setMode(mode: StreamMode | undefined): void {
    if (mode === undefined) this.stopPlayer();
    if (mode === undefined || (this.#player !== undefined && mode === this.#mode)) return;
    this.stopPlayer();
    this.#mode = mode;
    const show = (
      source: CanvasImageSource,
      size: { widthPx: number; heightPx: number },
      capturedMs: number,
    ): void => {
      this.view.draw(source, size);
      this.#noteShown(capturedMs);
    };
    this.#player =
      mode === 'jpeg' ? new JpegPlayer(show) : new VideoPlayer(show, () => this.#host.videoFailed());
  }

  stopPlayer(): void {
    this.#droppedBefore += this.#player?.dropped ?? 0;
    this.#player?.close();
    this.#player = undefined;
  }

  setFormat(mimeType: string): void {
    if (this.#player instanceof VideoPlayer) this.#player.setFormat(mimeType);
  }

  accept(header: PictureHeader, payload: Uint8Array<ArrayBuffer>): void {
    this.#meter.add(performance.now(), payload.byteLength);
    this.#player?.accept(header, payload);
  }

  /** Updates the texts: countdowns, card, statistics. */
  refresh(): void {
    const nowMs = this.#host.serverNowMs() ?? Date.now();
    const { state, name } = this.#status;
    const isConnected = this.#host.isConnected();
    const { text, tone } = isConnected ? describeState(state, nowMs, formatClockTime) : unknownState;
    setText(this.openButton, name);
    setText(this.#state, text);
    setText(this.#night, (isConnected ? describeNight(this.#status) : undefined) ?? '');
    const colour = describeColour(this.#status, this.view.isHeld);
    setText(this.#colour, this.view.hasPicture ? colour : '');
    this.#colour.classList.toggle('is-said-below', colour === syntheticColour);
    this.root.dataset['tone'] = tone;
    const card = isConnected ? describeCard(state, nowMs, this.view.hasPicture) : undefined;
    this.#card.hidden = card === undefined;
    if (card !== undefined) setText(this.#card, card);
    this.#stats.show(this.#status, this.#viewerStats());
  }

  /** Shows the original instead of the colour while held. */
  hold(isHeld: boolean): void {
    this.view.isHeld = isHeld;
    this.refresh();
  }

  /** Shows or hides the line between original and colour. */
  compare(isOn: boolean): void {
    this.view.isComparing = isOn;
    this.tools.setComparing(isOn);
  }

  toggleComparing(): void {
    this.compare(!this.view.isComparing);
    if (this.view.isComparing && this.#host.isSingle(this.id)) this.view.slider.root.focus();
  }

  zoomBy(factor: number): void {
    this.view.setZoom(zoomAt(this.view.zoom, factor, { x: 0.5, y: 0.5 }));
    this.#host.zoomed();
  }

  resetZoom(): void {
    this.view.setZoom(unzoomed);
    this.#host.zoomed();
  }

  toggleFullscreen(): void {
    // The browser may refuse; the tile then stays as it is.
    if (document.fullscreenElement === null) void this.root.requestFullscreen().catch(() => undefined);
    else void document.exitFullscreen().catch(() => undefined);
  }

  setReachable(isReachable: boolean): void {
    this.openButton.tabIndex = isReachable ? 0 : -1;
    this.view.slider.root.tabIndex = isReachable ? 0 : -1;
    this.tools.setReachable(isReachable);
  }

  #build(): HTMLElement {
    const stage = element(
      'div',
      { class: 'stage' },
      this.view.root,
      this.#card,
      this.#stats.root,
      this.tools.root,
    );
    const words = element('div', { class: 'words' }, this.#state, this.#night);
    const caption = element(
      'div',
      { class: 'caption', draggable: 'true' },
      this.openButton,
      words,
      this.#colour,
    );
    return element('li', { class: 'tile', tabindex: '-1', 'data-camera': this.id }, caption, stage);
  }

  #listen(): void {
    this.openButton.addEventListener('click', () => this.#host.open(this.id));
    this.view.root.addEventListener('click', () => {
      if (!this.#host.isSingle(this.id)) this.#host.open(this.id);
    });
    addIdleHiding(this.root, this.view.root.parentElement ?? this.root);
    addZoomGestures(
      this.view,
      () => this.#host.isSingle(this.id),
      () => this.#host.zoomed(),
    );
  }

  #noteShown(capturedMs: number): void {
    this.#shown.add(performance.now(), 0);
    const nowMs = this.#host.serverNowMs();
    if (nowMs !== undefined) this.#noteLatency(nowMs - capturedMs);
    if (!this.root.classList.contains('has-picture')) this.root.classList.add('has-picture');
  }

  #noteLatency(latencyMs: number): void {
    this.#latencyMs =
      this.#latencyMs === undefined ? latencyMs : this.#latencyMs + (latencyMs - this.#latencyMs) / 8;
  }

  #viewerStats(): ViewerStats {
    const nowMs = performance.now();
    const { width: widthPx, height: heightPx } = this.view.colour;
    return {
      mode: this.#mode,
      size: this.view.hasPicture ? { widthPx, heightPx } : undefined,
      shownFps: this.#shown.read(nowMs).fps,
      bitsPerS: this.#meter.read(nowMs).bitsPerS,
      latencyMs: this.#player === undefined ? undefined : this.#latencyMs,
      dropped: this.#droppedBefore + (this.#player?.dropped ?? 0),
    };
  }
}
