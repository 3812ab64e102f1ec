'use strict';
/// Plays what the worker schedules. To the page it looks like an <audio> element, as far as the page needs one.
class Sound extends EventTarget {
    /// @param base     the URL of the worker and the core, with a slash
    /// @param tracker  through which listeners find each other; '': they do not
    constructor(base, tracker) {
        super();
        Object.assign(this, {ready: false, broken: false, paused: true, ended: false, readyState: 0, error: null, src: '',
                             chunks: null, kbps: 0});
        Object.assign(this, {context: null, gain: null, level: 1, device: 0, late: 0, nodes: new Set(), id: '', next: '', denied: null});
        Object.assign(this, {at: 0, held: 0, moved: null, turn: 0, sought: 0, duration: NaN});
        // media keys and lock screens know elements alone: one that plays silence stands for the sound
        this.quiet = Object.assign(new Audio(Sound.silence(6)), {loop: true});
        this.worker = new Worker(base + 'worker.js');
        this.worker.onmessage = ({data}) => {
            for (const what in data) if (what in Sound.said) Sound.said[what].call(this, data);
        };
        this.worker.onerror = () => Sound.said.broken.call(this, {});
        const {type, effectiveType} = navigator.connection || {};
        this.worker.postMessage({start: {wasm: base + 'core.wasm', listener: Sound.listener(), network: (/2g$/.test(effectiveType) ? '' : type) || effectiveType || '', tracker, edges: other_edges}});
        access.addEventListener('change', () => this.order('token', access.shown));
        this.tracker = tracker;
        this.links = new Links((what, more) => this.worker.postMessage({do: what, ...more}, more.data ? [more.data] : []));
        this.shares = false;
        navigator.connection?.addEventListener('change', () => this.share(this.shares));
        setInterval(() => this.tell_clock(), 100);
        addEventListener('pagehide', () => {
            if (this.closing) navigator.sendBeacon('/events?sent_ms=' + Date.now(), new Blob([this.closing], {type: 'application/x-ndjson'}));
            if (this.sources?.goodbye) navigator.sendBeacon(this.tracker + '/announce', this.sources.goodbye);
            this.links.close_all();
            this.tell('leave');
            this.stop();
        });
    }

    /// The same for all visits, by chance: events say no more of who listens.
    static listener() {
        try {
            return localStorage.listener ??= [...crypto.getRandomValues(new Uint8Array(12))].map(b => b.toString(16).padStart(2, '0')).join('');
        } catch { return ''; }  // a browser that keeps nothing
    }

    /// The URL of so many seconds: a WAV file, 8 bit, 8 kHz.
    static silence(seconds) {
        const bytes = 8000 * seconds, head = new DataView(new ArrayBuffer(44));
        [...'RIFF....WAVEfmt ............data'].forEach((c, i) => head.setUint8(i < 28 ? i : i + 8, c.charCodeAt(0)));
        const u32 = {4: 36 + bytes, 16: 16, 24: 8000, 28: 8000, 40: bytes}, u16 = {20: 1, 22: 1, 32: 1, 34: 8};
        for (const at in u32) head.setUint32(at, u32[at], true);
        for (const at in u16) head.setUint16(at, u16[at], true);
        return URL.createObjectURL(new Blob([head, new Uint8Array(bytes).fill(128)], {type: 'audio/wav'}));
    }

    order(what, more = {}) { this.worker.postMessage({do: what, ...more}); }
    tell(...events) { for (const name of events) this.dispatchEvent(new Event(name)); }

    /// Play a song. @param kbps  0: what the link carries
    begin(id, from_s, kbps) {
        Object.assign(this, {id, src: id, at: from_s, held: 0, moved: null, chunks: null, kbps: 0, duration: NaN, readyState: 1,
                             ended: false, error: null, paused: false, denied: null});
        this.device_for(this.context?.sampleRate || 44100);  // in the click, or the browser lets nothing sound
        this.order('wish', {least: kbps, most: kbps || 1_000_000});
        this.order('pause', {paused: false});
        this.order('play', {id, from: from_s, turn: ++this.turn});
        this.tell('play');
        return this.play();
    }
    /// Exchange chunks with other listeners, if the link is none that costs.
    async share(wanted) {
        this.shares = wanted;
        const {type, saveData} = navigator.connection || {};
        const sdp = wanted ? await this.links.description().catch(() => '') : '';
        if (wanted === this.shares) this.order('share', {wanted, save: !!saveData, network: type || '', sdp});
    }
    follow(id) {
        this.next = id;
        this.order('next', {id});
    }

    async play() {
        this.paused = false;
        this.order('pause', {paused: false});
        this.quiet.play().catch(() => {});
        await this.context.resume();
        this.tell_clock();
        this.tell('play');
    }
    pause() {
        if (this.paused) return;
        this.paused = true;
        this.context?.suspend().then(() => this.tell_clock());
        this.quiet.pause();
        this.order('pause', {paused: true});
        this.tell('pause');
    }
    stop() {
        this.src = this.id = this.closing = '';
        this.denied = null;
        this.quiet.pause();
        this.order('stop');
        if (this.paused) return;
        this.paused = true;
        this.tell('pause');
    }

    get currentTime() { return this.moved ?? this.at; }
    set currentTime(seconds) {
        this.moved = seconds;
        this.order('seek', {to: seconds, turn: ++this.turn});
        this.tell('seeking');
    }
    set volume(level) {
        this.level = level;
        this.gain?.gain.setTargetAtTime(level, this.context.currentTime, 0.01);  // a step would click
    }
    get seeking() { return this.moved !== null; }
    get buffered() { return {length: this.held > 0 ? 1 : 0, start: () => 0, end: () => this.held}; }

    // --- the sound clock: frames of the device, less those by which sound came late

    device_for(rate) {
        if (this.context?.sampleRate === rate) return;
        this.context?.close();
        this.context = new AudioContext({sampleRate: rate});
        this.gain = new GainNode(this.context, {gain: this.level});
        this.gain.connect(this.context.destination);
        this.context.onstatechange = () => this.tell_clock();
        if (this.paused) this.context.suspend();  // a new one runs
        this.late = 0;
    }
    get frame() { return Math.round(this.context.currentTime * this.context.sampleRate); }
    tell_clock() {
        if (!this.context || !this.device) return;
        this.order('clock', {frame: this.frame - this.late, running: this.context.state === 'running', device: this.device});
    }
    schedule({play, rate, channels, at}) {
        const length = play.length / channels, buffer = this.context.createBuffer(channels, length, rate);
        for (let c = 0; c < channels; ++c) buffer.copyToChannel(play.subarray(c * length, (c + 1) * length), c);
        const node = new AudioBufferSourceNode(this.context, {buffer});
        node.connect(this.gain);
        // a late block moves the clock: nothing of it is lost, and what follows comes behind it
        this.late += Math.max(0, this.frame + 256 - (at + this.late));
        node.start((at + this.late) / rate);
        this.nodes.add(node);
        node.onended = () => this.nodes.delete(node);
    }
    silence() {
        for (const node of this.nodes) {
            node.onended = null;
            node.stop();
            node.disconnect();
        }
        this.nodes.clear();
    }

    show({sources, peer, goodbye, song, state, status, at_ms, end_ms, length_ms, kbps, chunks, rate, chunk, source, hit, next, why, closing = ''}) {
        if (sources) {
            this.sources = {...sources, peer, goodbye};
            return this.tell('sources');
        }
        if (song !== this.id || this.turn !== this.sought) return;  // told before it knew
        if (chunks) {
            this.chunks = {rate, chunks};
            return this.tell('chunks');
        }
        if (chunk !== undefined) return this.dispatchEvent(new CustomEvent('chunk', {detail: {chunk, kbps, source, hit}}));
        this.closing = closing;
        if (state === 'failed') return this.fail(status, why);
        if (state === 'ended') {
            this.at = this.duration;
            this.id = this.src = next;
            Object.assign(this, {chunks: null, held: 0, moved: null});
            if (!next) Object.assign(this, {ended: true, paused: true});
            else Object.assign(this, {at: 0, readyState: 1});
            return this.dispatchEvent(new CustomEvent('ended', {detail: next}));
        }
        const before = this.readyState;
        if (state === 'playing') this.denied = null;
        this.readyState = state === 'playing' ? 4 : state === 'stalled' ? 2 : 1;
        if (at_ms !== undefined) Object.assign(this, {at: at_ms / 1000, held: end_ms / 1000, duration: length_ms / 1000, moved: null});
        if (kbps && kbps !== this.kbps) {
            this.kbps = kbps;
            this.tell('bitrate');
        }
        if (this.readyState !== before) this.tell(state === 'playing' ? 'playing' : 'waiting');
        this.tell('timeupdate');
    }
    /// The song is over before its end. If a token was refused, it goes on with a new one of the operator's, once until it sounds.
    async fail(status, why) {
        if (status === 77 && access.url && !this.denied) {
            const mine = this.denied = {};
            this.readyState = 1;
            this.tell('waiting');
            const renewed = await access.renew();
            if (mine !== this.denied) return;  // something else is played by now
            if (renewed) {
                this.order('play', {id: this.id, from: this.currentTime, turn: ++this.turn});
                return this.follow(this.next);
            }
        }
        this.paused = true;
        this.error = new Error(why);
        if (status === 77) access.ask(why);
        this.tell('error');
    }
}

/// What the worker says, by its first word.
Sound.said = {
    ready({ready}) {
        Object.assign(this, {ready: true, ready_ms: ready});
        this.order('token', access.shown);
        this.tell('ready');
    },
    broken({broken}) {
        console.error('the core has failed:', broken);
        this.ready = false;
        this.broken = true;
        this.silence();
        this.links.close_all();
        if (!this.src) return;
        this.error = new Error('The player of this page has failed.');
        this.tell('error');
    },
    open({open, device}) {
        this.device_for(open);
        this.late = this.frame;
        this.device = device;
        this.tell_clock();
    },
    play(block) { this.schedule(block); },
    silence() { this.silence(); },
    link({link, stun, offer}) { this.links.open(link, stun, offer); },
    accept({accept, sdp}) { this.links.accept(accept, sdp); },
    send({send, bytes}) { this.links.send(send, bytes); },
    unlink({unlink}) { this.links.close(unlink); },
    sought({sought}) { this.sought = sought; },
    show({show}) { this.show(show); },
};
