'use strict';
// The worker of the page: does what the rules (core.wasm) order, with fetch and IndexedDB, and tells them what came. No rule is here.
// core.cpp is the other side of the imports and exports.

const decoder = new TextDecoder(), encoder = new TextEncoder();
let core;            // the exports of core.wasm
let files = null;    // the database; null: nothing is kept
let device = 0;      // counts what was opened, so that clocks of an earlier one are known
let alarm = 0;
const flights = new Map();  // number -> AbortController

const text = (at, length) => decoder.decode(new Uint8Array(core.memory.buffer, at, length));
/// Pointer and length of bytes for the next call.
function put(bytes) {
    const at = core.room(bytes.length);
    new Uint8Array(core.memory.buffer).set(bytes, at);
    return [at, bytes.length];
}
const put_text = string => put(encoder.encode(string));

/// Call the core with the time set, and again when it wants to be.
function call(what, ...rest) {
    if (!core) return;
    try {
        core.at(performance.now() / 1000, Date.now());
        core[what]?.(...rest);
        const wait = core.tick();
        clearTimeout(alarm);
        alarm = setTimeout(call, wait * 1000);
    } catch (error) {  // of the instance nothing can be trusted any more
        core = null;
        for (const flight of flights.values()) flight.abort();
        postMessage({broken: String(error)});
    }
}

const fields_of = lines => Object.fromEntries(lines.split('\n').filter(Boolean).map(line => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
}));

async function fetch_part(number, path, fields) {
    const flight = new AbortController();
    flights.set(number, flight);
    try {
        // what is kept is kept by the rules: the browser's own cache would hold it twice, and seem to be a fast network
        const answer = await fetch(path, {headers: fields, signal: flight.signal, cache: 'no-store', redirect: 'error'});
        if (flight.signal.aborted) return;
        call('head', ...put(lines_of(answer)), number, answer.status);
        for (const reader = answer.body.getReader(); !flight.signal.aborted;) {
            const {done, value} = await reader.read();
            if (flight.signal.aborted) return;
            if (done) {
                flights.delete(number);
                return call('ended', number);
            }
            call('data', ...put(value), number);
        }
    } catch {
        if (!flight.signal.aborted && flights.delete(number)) call('failed', number);
    }
}

const lines_of = answer => encoder.encode([...answer.headers].map(([name, value]) => name + ': ' + value).join('\n'));
const joined = (a, b) => {
    const both = new Uint8Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
};

async function request(number, url, token, json) {
    const flight = new AbortController();
    flights.set(number, flight);
    const how = json ? {method: 'POST', body: json, headers: {'Content-Type': 'application/json'}} : {headers: {}};
    if (token) how.headers.Authorization = 'Bearer ' + token;
    let status = 0, head = new Uint8Array(), bytes = head;
    try {
        const answer = await fetch(url, {...how, signal: flight.signal, cache: 'no-store', credentials: 'omit'});
        bytes = new Uint8Array(await answer.arrayBuffer());
        head = lines_of(answer);
        status = answer.status;
    } catch { /* as no answer */ }
    if (flight.signal.aborted) return;
    flights.delete(number);
    call('answered', ...put(joined(head, bytes)), number, status, head.length);
}

/// Verify a JWT's signature (ES256) by keys of which each is the coordinates of a point. Its header and claims, or nothing.
async function verify(number, points, token) {
    let head = new Uint8Array(), claims = head;
    try {
        const [header, body, signature] = token.split('.');
        for (const point of points.split('\n').filter(Boolean)) {
            const raw = joined(new Uint8Array([4]), from_base64(point)), kind = {name: 'ECDSA', namedCurve: 'P-256'};
            const key = await crypto.subtle.importKey('raw', raw, kind, false, ['verify']).catch(() => null);
            const text = encoder.encode(header + '.' + body), how = {name: 'ECDSA', hash: 'SHA-256'};
            if (!key || !await crypto.subtle.verify(how, key, from_base64(signature), text)) continue;
            head = from_base64(header);
            claims = from_base64(body);
        }
    } catch { /* it is none */ }
    call('verified', ...put(joined(head, claims)), number, head.length);
}
const from_base64 = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));

async function post_events(lines) {
    const answer = await fetch('/events?sent_ms=' + Date.now(), {
        method: 'POST', body: lines, headers: {'Content-Type': 'application/x-ndjson'}, keepalive: lines.length < 60000,
    }).catch(() => null);
    call('posted', answer?.status || 0, 1000 * (parseInt(answer?.headers.get('Retry-After')) || 0));
}

// --- what is kept: the bytes by their path, and beside them how many there are and when they were used

const kept_once = request => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = request.onblocked = () => failed(request.error);
});

function open_files() {
    const request = indexedDB.open('stretto', 1);
    request.onupgradeneeded = () => {
        request.result.createObjectStore('files');
        request.result.createObjectStore('about');
    };
    return kept_once(request);
}

async function tell_files() {
    const about = files.transaction('about').objectStore('about');
    const [paths, all] = await Promise.all([kept_once(about.getAllKeys()), kept_once(about.getAll())]);
    paths.forEach((path, i) => core.kept(...put_text(path), all[i].bytes, all[i].used));
}

/// A change that may fail for lack of room; who reads later finds nothing then.
function change(path, bytes) {
    if (!files) return;
    const transaction = files.transaction(['files', 'about'], 'readwrite');
    transaction.onabort = transaction.onerror = () => {};
    const [data, about] = ['files', 'about'].map(name => transaction.objectStore(name));
    if (!bytes) {
        data.delete(path);
        about.delete(path);
        return;
    }
    data.put(bytes, path);
    about.put({bytes: bytes.length, used: Date.now()}, path);
}

async function read_file(number, path, use) {
    const transaction = files.transaction(['files', 'about'], use ? 'readwrite' : 'readonly');
    const bytes = await kept_once(transaction.objectStore('files').get(path)).catch(() => null);
    if (!bytes) return call('lost', number);
    if (use) transaction.objectStore('about').put({bytes: bytes.length, used: Date.now()}, path);
    call('read', ...put(bytes), number);
}

// --- what the core orders

const browser = {
    fetch: (number, path, path_length, fields, fields_length) => {
        fetch_part(number, text(path, path_length), fields_of(text(fields, fields_length)));
    },
    cancel: number => {
        flights.get(number)?.abort();
        flights.delete(number);
    },
    request: (number, url, url_length, token, token_length, json, length) => {
        request(number, text(url, url_length), text(token, token_length), text(json, length));
    },
    verify: (number, points, points_length, pass, length) => { verify(number, text(points, points_length), text(pass, length)); },
    link: (link, stun, stun_length, offer, length) => postMessage({link, stun: text(stun, stun_length), offer: text(offer, length)}),
    accept: (link, answer, length) => postMessage({accept: link, sdp: text(answer, length)}),
    send: (link, at, length) => {
        const bytes = new Uint8Array(core.memory.buffer, at, length).slice();
        postMessage({send: link, bytes}, [bytes.buffer]);
    },
    unlink: link => postMessage({unlink: link}),
    read: (number, path, length, use) => { read_file(number, text(path, length), use); },
    keep: (path, path_length, at, length) => change(text(path, path_length), new Uint8Array(core.memory.buffer, at, length).slice()),
    drop: (path, length) => change(text(path, length), null),
    open: rate => postMessage({open: rate, device: ++device}),
    play: (rate, channels, at, samples, count) => {
        const planes = new Float32Array(core.memory.buffer, samples, count).slice();
        postMessage({play: planes, rate, channels, at}, [planes.buffer]);
    },
    silence: () => postMessage({silence: true}),
    post: (lines, length) => { post_events(text(lines, length)); },
    show: (json, length) => postMessage({show: JSON.parse(text(json, length))}),
    random: () => crypto.getRandomValues(new Uint32Array(1))[0],
};
// of the C library's world there is none: each call says so
const system = new Proxy({}, {get: () => () => 52});

const orders = {
    play: ({id, from, turn}) => {
        call('play', ...put_text(id), from);
        postMessage({sought: turn});
    },
    next: ({id}) => call('next', ...put_text(id)),
    pause: ({paused}) => call('pause', paused),
    seek: ({to, turn}) => {
        call('seek', to);
        postMessage({sought: turn});
    },
    wish: ({least, most}) => call('wish', least, most),
    stop: () => call('stop'),
    token: ({token, id, kbps}) => call('token', ...put_text(token + '\n' + id), kbps),
    share: ({wanted, save, network, sdp}) => call('share', ...put_text(network + '\n' + sdp), wanted, save),
    opened: ({link}) => call('opened', link),
    closed: ({link}) => call('closed', link),
    described: ({link, sdp}) => call('described', ...put_text(sdp), link),
    message: ({link, data}) => call('message', ...put(new Uint8Array(data)), link),
    drained: ({link, bytes}) => call('drained', link, bytes),
    clock: order => { if (order.device === device) call('clock', order.frame, order.running); },
};

async function start({wasm, listener, network, tracker, edges}) {
    const [{instance}, database] = await Promise.all([
        WebAssembly.instantiateStreaming(fetch(wasm), {browser, wasi_snapshot_preview1: system}),
        // a browser may refuse to keep anything, or take its time
        Promise.race([open_files(), new Promise(done => setTimeout(done, 1000))]).catch(() => null),
    ]);
    files = database || null;
    core = instance.exports;
    core._initialize();
    core.start(...put_text([location.host, listener, network, tracker, ...edges].join('\n')), !!files, !!crypto.subtle);
    if (files) await tell_files();
    postMessage({ready: performance.now()});
}

onmessage = ({data}) => {
    if (data.start) start(data.start).catch(error => postMessage({broken: String(error)}));
    else if (core) orders[data.do](data);
};
