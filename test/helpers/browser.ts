import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import puppeteer, { type KeyInput } from 'puppeteer-core';
import type { SizePx } from '../../src/frame.ts';

/** Debian's browsers. `CHROMIUM_PATH` and `FIREFOX_PATH` name other ones. */
export const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
export const firefoxPath = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr';
export const hasChromium = existsSync(chromiumPath);
export const hasFirefox = existsSync(firefoxPath);

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Mouse {
  move(x: number, y: number): Promise<void>;
  down(): Promise<void>;
  up(): Promise<void>;
}

/** A page that shares no storage with other pages. Disposing of it closes it. */
export interface OpenPage extends AsyncDisposable {
  goto(url: string): Promise<void>;
  /** Returns the value of a JavaScript expression in the page, and awaits promises. */
  evaluate(expression: string): Promise<unknown>;
  press(key: KeyInput): Promise<void>;
  hold(key: KeyInput): Promise<void>;
  letGo(key: KeyInput): Promise<void>;
  click(selector: string): Promise<void>;
  /** Moves the mouse over an element. */
  hover(selector: string): Promise<void>;
  /** Presses the mouse at one point of the window, moves it to another and releases it; pixels. */
  drag(from: Point, to: Point): Promise<void>;
  resize(size: SizePx): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** Errors that were thrown or logged in the page, violations of its content policy included. */
  readonly errors: readonly string[];
}

/** The Chromium that all pages of a test file share. */
let browser: Promise<Browser> | undefined;

/** Ends Chromium. A test file that opens a page calls this after its last test. */
export async function closeChromium(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** Opens a page in Chromium through Playwright. */
export async function openChromium(
  size: SizePx = { widthPx: 1440, heightPx: 900 },
  { isTouch = false } = {},
): Promise<OpenPage> {
  browser ??= chromium.launch({ executablePath: chromiumPath, args: [...chromiumArguments] });
  const viewport = { width: size.widthPx, height: size.heightPx };
  const context = await (await browser).newContext({ viewport, hasTouch: isTouch, isMobile: isTouch });
  const page = await context.newPage();
  await page.bringToFront(); // a page behind another one is not painted
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return {
    errors,
    goto: async (url) => {
      await page.goto(url);
    },
    evaluate: (expression) => page.evaluate(expression),
    press: (key) => page.keyboard.press(key),
    hold: (key) => page.keyboard.down(key),
    letGo: (key) => page.keyboard.up(key),
    click: (selector) => page.click(selector),
    hover: (selector) => page.hover(selector),
    drag: (from, to) => drag(page.mouse, from, to),
    resize: ({ widthPx, heightPx }) => page.setViewportSize({ width: widthPx, height: heightPx }),
    screenshot: async (path) => {
      await page.screenshot({ path });
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Opens Firefox through WebDriver BiDi. Disposing of its page ends Firefox. */
export async function openFirefox(size: SizePx = { widthPx: 1440, heightPx: 900 }): Promise<OpenPage> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxPath,
    headless: true,
    defaultViewport: { width: size.widthPx, height: size.heightPx },
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error instanceof Error ? error.message : String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return {
    errors,
    goto: async (url) => {
      await page.goto(url);
    },
    evaluate: (expression) => page.evaluate(expression),
    press: (key) => page.keyboard.press(key),
    hold: (key) => page.keyboard.down(key),
    letGo: (key) => page.keyboard.up(key),
    click: (selector) => page.click(selector),
    hover: (selector) => page.hover(selector),
    drag: (from, to) => drag(page.mouse, from, to),
    resize: ({ widthPx, heightPx }) => page.setViewport({ width: widthPx, height: heightPx }),
    screenshot: async (path) => {
      await page.screenshot({ path });
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function drag(mouse: Mouse, from: Point, to: Point): Promise<void> {
  await mouse.move(from.x, from.y);
  await mouse.down();
  await mouse.move(to.x, to.y);
  await mouse.up();
}

// Containers have no GPU and no sandbox. The browser's own background work is off.
const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
