// Paints points with WebGL 2.

/**
 * What a painter is told of a frame.
 * @typedef {object} Frame
 * @property {number} x of the middle, in the plane
 * @property {number} y
 * @property {number} scaleX CSS pixels per unit of the plane
 * @property {number} scaleY
 * @property {number} width in CSS pixels
 * @property {number} height
 * @property {number} ratio device pixels per CSS pixel
 * @property {number} growth of the points with the zoom
 */
/**
 * @typedef {object} Painter
 * @property {string} name
 * @property {HTMLCanvasElement} canvas on which it paints
 * @property {(positions: Float32Array) => void} setPositions
 * @property {(codes: Uint8Array, order: Uint32Array) => void} setCodes
 * @property {(table: Float32Array) => void} setLooks
 * @property {(frame: Frame) => void} paint
 */

const VERTEX = `#version 300 es
in vec2 place;
in float code;
uniform vec4 looks[64];
uniform vec2 middle, scale;
uniform float pixels;
out vec3 tint;
out float radius;
void main() {
  vec4 look = looks[int(code)];
  tint = look.rgb / 255.0;
  radius = look.a * pixels;
  gl_PointSize = 2.0 * radius + 1.0;
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 tint;
in float radius;
out vec4 shown;
void main() {
  float from_middle = length(gl_PointCoord - 0.5) * (2.0 * radius + 1.0);
  float alpha = clamp(radius + 0.5 - from_middle, 0.0, 1.0);
  if (alpha <= 0.0) discard;
  shown = vec4(tint * alpha, alpha);
}`;

/** @param {WebGL2RenderingContext} gl */
function compiled(gl) {
  const program = /** @type {WebGLProgram} */ (gl.createProgram());
  for (const [type, source] of /** @type {[number, string][]} */ ([
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(type));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/** Whether the processor draws in place of a graphics card. @param {WebGL2RenderingContext} gl */
function isSoftware(gl) {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(renderer));
}

/**
 * A painter, or null where WebGL 2 is missing or made of software, which our own is faster than.
 * @param {boolean} evenSlow take it anyhow
 * @returns {Painter | null}
 */
export function createGlPainter(evenSlow) {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", {
    antialias: false,
    premultipliedAlpha: true,
    failIfMajorPerformanceCaveat: !evenSlow,
  });
  // The caveat alone is not enough: Chromium without a GPU does not report its own as slow.
  const program = gl && (evenSlow || !isSoftware(gl)) && compiled(gl);
  if (!gl || !program) return null;
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const uniform = (/** @type {string} */ name) => gl.getUniformLocation(program, name);
  const [looks, middle, scale, pixels] = ["looks", "middle", "scale", "pixels"].map(uniform);
  const [places, codes, order] = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()];
  const attribute = (
    /** @type {string} */ name,
    /** @type {WebGLBuffer | null} */ buffer,
    /** @type {number} */ size,
    /** @type {number} */ type,
  ) => {
    const at = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, type, false, 0, 0);
  };
  attribute("place", places, 2, gl.FLOAT);
  attribute("code", codes, 1, gl.UNSIGNED_BYTE);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, order);
  let [numPlaces, numCodes] = [0, 0];

  return {
    name: "webgl",
    canvas,
    setPositions(positions) {
      gl.bindBuffer(gl.ARRAY_BUFFER, places);
      gl.bufferData(gl.ARRAY_BUFFER, positions, gl.DYNAMIC_DRAW);
      numPlaces = positions.length / 2;
    },
    setCodes(values, painting) {
      gl.bindBuffer(gl.ARRAY_BUFFER, codes);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, painting, gl.DYNAMIC_DRAW);
      numCodes = values.length;
    },
    setLooks: (table) => gl.uniform4fv(looks, table),
    paint(frame) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(middle, frame.x, frame.y);
      gl.uniform2f(scale, (2 * frame.scaleX) / frame.width, (2 * frame.scaleY) / frame.height);
      gl.uniform1f(pixels, frame.ratio * frame.growth);
      if (numPlaces && numPlaces === numCodes)
        gl.drawElements(gl.POINTS, numCodes, gl.UNSIGNED_INT, 0);
    },
  };
}
