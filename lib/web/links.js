'use strict';
/// The page's WebRTC connections, which its worker cannot have. Carries what the core orders; no rule is here.
class Links {
    /// @param tell  passes to the worker what came
    constructor(tell) {
        Object.assign(this, {tell, all: new Map(), key: null, keeps: false});
    }

    /// SDP with our certificate, whose key stays in the browser for as long as it lives, if the browser keeps anything.
    async description() {
        if (!this.key) {
            this.keeps = await this.alone();
            const files = this.keeps ? await Links.files().catch(() => null) : null;
            const kept = await (files && Links.once(files.transaction('keys').objectStore('keys').get('rtc')).catch(() => null));
            if (kept?.expires > Date.now() + 86400e3) this.key = kept;
            this.key ??= await RTCPeerConnection.generateCertificate({name: 'ECDSA', namedCurve: 'P-256', expires: 365 * 86400e3});
            files?.transaction('keys', 'readwrite').objectStore('keys').put(this.key, 'rtc');
        }
        const peer = new RTCPeerConnection({certificates: [this.key]});
        peer.createDataChannel('');
        const {sdp} = await peer.createOffer();
        peer.close();
        return sdp;
    }
    /// Whether no other page of this browser is a peer with the kept key: two of one id would take each other's signals.
    /// Of pages that ask at the same time, the one with the least number has it.
    alone() {
        this.room ??= new BroadcastChannel('stretto-peers');
        const mine = crypto.getRandomValues(new Uint32Array(1))[0];
        return new Promise(done => {
            let open = true;
            const end = alone => { open = false; done(alone); };
            this.room.onmessage = ({data: {who, taken}}) => {
                if (taken === mine) end(false);
                if (who === undefined) return;
                if (this.keeps || (open && mine <= who)) this.room.postMessage({taken: who});
                else if (open) end(false);
            };
            this.room.postMessage({who: mine});
            setTimeout(end, 200, true);
        });
    }
    static once(request) {
        return new Promise((done, failed) => {
            request.onsuccess = () => done(request.result);
            request.onerror = request.onblocked = () => failed(request.error);
        });
    }
    static files() {
        const request = indexedDB.open('stretto-keys', 1);
        request.onupgradeneeded = () => request.result.createObjectStore('keys');
        return Links.once(request);
    }

    async open(link, stun, offer) {
        let peer;
        try {
            peer = new RTCPeerConnection({certificates: [this.key], iceServers: stun ? [{urls: stun}] : []});
        } catch {  // not the URL of a STUN server
            peer = new RTCPeerConnection({certificates: [this.key]});
        }
        const channel = peer.createDataChannel('', {negotiated: true, id: 0});
        Object.assign(channel, {binaryType: 'arraybuffer', bufferedAmountLowThreshold: 16384});
        const one = {peer, channel, sent: 0};
        this.all.set(link, one);
        channel.onopen = () => this.tell('opened', {link});
        // text is none of our messages: the core is told so by one that is too short
        channel.onmessage = ({data}) => this.tell('message', {link, data: data instanceof ArrayBuffer ? data : new ArrayBuffer(0)});
        channel.onbufferedamountlow = () => this.drained(link, one);
        channel.onclose = () => this.gone(link);
        peer.onconnectionstatechange = () => { if (peer.connectionState === 'failed') this.gone(link); };
        try {
            if (offer) await peer.setRemoteDescription({type: 'offer', sdp: offer});
            await peer.setLocalDescription();
            await new Promise(done => {
                if (peer.iceGatheringState === 'complete') done();
                peer.onicegatheringstatechange = () => { if (peer.iceGatheringState === 'complete') done(); };
                setTimeout(done, 1000);  // a STUN server that does not answer
            });
            if (this.all.has(link)) this.tell('described', {link, sdp: peer.localDescription.sdp});
        } catch { this.gone(link); }
    }
    accept(link, sdp) {
        this.all.get(link)?.peer.setRemoteDescription({type: 'answer', sdp}).catch(() => this.gone(link));
    }
    send(link, bytes) {
        const one = this.all.get(link);
        try {
            one?.channel.send(bytes);
        } catch { return this.gone(link); }
        if (!one) return;
        one.sent += bytes.length;
        if (one.channel.bufferedAmount <= one.channel.bufferedAmountLowThreshold) this.drained(link, one);
    }
    drained(link, {sent, channel}) { this.tell('drained', {link, bytes: sent - channel.bufferedAmount}); }
    gone(link) { if (this.close(link)) this.tell('closed', {link}); }
    close(link) {
        const one = this.all.get(link);
        if (!one) return false;
        this.all.delete(link);
        one.channel.onclose = one.channel.onmessage = one.peer.onconnectionstatechange = null;
        one.peer.close();
        return true;
    }
    close_all() { for (const link of [...this.all.keys()]) this.close(link); }
}
