/** Points by WebGL: one buffer of places, one of colours, and nothing made anew in a frame. */

const VERTEX = `
  attribute vec2 place;
  attribute vec4 colour;
  uniform vec4 view;
  uniform vec2 look;
  uniform vec3 ground;
  varying vec3 tint;
  varying float radius;
  void main() {
    bool lit = colour.a > 0.75;
    bool away = (look.y == 1.0 && lit) || (look.y == 2.0 && !lit);
    radius = look.x * (look.y == 2.0 ? 0.6 : 0.5);
    gl_Position = away ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(place * view.xy + view.zw, 0.0, 1.0);
    gl_PointSize = 2.0 * radius + 1.0;
    tint = look.y == 1.0 ? mix(colour.rgb, ground, 0.85) : colour.rgb;
  }`;
// The half pixel around each point is its soft edge.
const FRAGMENT = `
  precision mediump float;
  varying vec3 tint;
  varying float radius;
  void main() {
    float away = length(gl_PointCoord - 0.5) * (2.0 * radius + 1.0);
    float cover = clamp(radius + 0.5 - away, 0.0, 1.0);
    gl_FragColor = vec4(tint * cover, cover);
  }`;
/** Passes of a frame: all cells alike, or the dimmed ones and then those that are lit. */
const [ALL, DIMMED, LIT] = [0, 1, 2];

/** A renderer in a canvas, or null where there is no WebGL. */
export function webglRenderer(canvas) {
  const options = { antialias: false, alpha: true, premultipliedAlpha: true, depth: false };
  const gl = canvas.getContext("webgl2", options) ?? canvas.getContext("webgl", options);
  if (!gl) return null;
  const program = build(gl);
  const uniform = (name) => gl.getUniformLocation(program, name);
  const [view, look, ground] = ["view", "look", "ground"].map(uniform);
  const places = bufferFor(gl, program, "place", 2, gl.FLOAT, false);
  const colours = bufferFor(gl, program, "colour", 4, gl.UNSIGNED_BYTE, true);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  const fill = (buffer, data) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  };
  const pass = (which, frame) => {
    gl.uniform2f(look, frame.size, which);
    gl.drawArrays(gl.POINTS, 0, frame.count);
  };
  return {
    setPlaces: (data) => fill(places, data),
    setColours: (data) => fill(colours, data),
    draw(frame) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform4f(view, frame.scaleX, frame.scaleY, frame.shiftX, frame.shiftY);
      gl.uniform3f(ground, frame.ground[0] / 255, frame.ground[1] / 255, frame.ground[2] / 255);
      if (!frame.lit) return pass(ALL, frame);
      pass(DIMMED, frame);
      return pass(LIT, frame);
    },
    close: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}

function build(gl) {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  return program;
}

function bufferFor(gl, program, name, size, type, normalised) {
  const buffer = gl.createBuffer();
  const at = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(at);
  gl.vertexAttribPointer(at, size, type, normalised, 0, 0);
  return buffer;
}
