/** Draws a picture's luma on the GPU. */
export interface WebglLuma {
  /**
   * @param source - not modified
   * @returns a canvas of the source's size, valid until the next call; undefined once the GPU context is lost
   */
  draw(source: HTMLCanvasElement): HTMLCanvasElement | undefined;
}

const vertexShader = `
attribute vec2 corner;
varying vec2 place;
void main() {
  place = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

// Weights: ITU-R BT.601, as JPEG has it (ITU-T T.871).
const fragmentShader = `
precision highp float;
varying vec2 place;
uniform sampler2D picture;
void main() {
  float luma = dot(texture2D(picture, place).rgb, vec3(0.299, 0.587, 0.114));
  gl_FragColor = vec4(luma, luma, luma, 1.0);
}`;

/** One context for the whole page, because browsers allow about 16. @returns undefined without WebGL */
export function createWebglLuma(): WebglLuma | undefined {
  const canvas = document.createElement('canvas');
  const gl = canvas.getContext('webgl', { alpha: false, antialias: false, depth: false });
  if (gl === null || !prepare(gl)) return undefined;
  return {
    draw: (source) => {
      if (gl.isContextLost()) return undefined;
      canvas.width = source.width;
      canvas.height = source.height;
      gl.viewport(0, 0, source.width, source.height);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
      return canvas;
    },
  };
}

function prepare(gl: WebGLRenderingContext): boolean {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) return false;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) return false;
  gl.useProgram(program);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, 'corner');
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  // WebGL 1 needs these for sizes that are not powers of two. Pixels map one to one.
  for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
    gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  }
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  return true;
}
