// Public pages: everything works without this file; with it, it is quicker.
"use strict";
document.documentElement.classList.add("js");

const form = document.getElementById("complain");
if (form) wizard(form);
const receipt = document.getElementById("receipt");
if (receipt) finish(receipt);
const reader = document.querySelector("[data-read]");
if (reader && "speechSynthesis" in window) {
  reader.hidden = false;
  reader.addEventListener("click", () => {
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    const speech = new SpeechSynthesisUtterance(document.getElementById("main").innerText);
    speech.lang = "zh-CN"; speech.rate = 0.85;
    speechSynthesis.speak(speech);
  });
}

function wizard(form) {
  const steps = [...form.querySelectorAll(".step")];
  const [back, next, send] = ["[data-back]", "[data-next]", "[data-submit]"].map((s) => form.querySelector(s));
  const progress = form.querySelector(".progress");
  const store = "draft:" + form.dataset.draft;
  let at = 0;
  let files = [];

  progress.hidden = false;
  restore();
  const broken = form.querySelector(".step .bad");
  show(broken ? steps.indexOf(broken.closest(".step")) : Math.max(0, Math.min(steps.length - 1, +(location.hash.slice(2) || 1) - 1)));

  function show(index, push) {
    at = index;
    steps.forEach((step, i) => step.classList.toggle("on", i === at));
    back.hidden = at === 0;
    next.hidden = at === steps.length - 1;
    send.hidden = at !== steps.length - 1;
    document.getElementById("step-words").textContent = `第${at + 1}步,共${steps.length}步`;
    progress.querySelector("i").style.width = `${((at + 1) / steps.length) * 100}%`;
    if (push) { history.pushState(null, "", "#s" + (at + 1)); window.scrollTo(0, 0); }
  }
  window.addEventListener("popstate", () => show(Math.max(0, +(location.hash.slice(2) || 1) - 1)));
  back.addEventListener("click", () => show(at - 1, true));
  next.addEventListener("click", () => { if (good(steps[at])) show(at + 1, true); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT" && at < steps.length - 1) { event.preventDefault(); next.click(); }
  });

  function complain(field, words) {
    const box = field.closest(".field");
    let error = box.querySelector(".error");
    if (!error) { error = document.createElement("p"); error.className = "error"; const before = box.querySelector("input,textarea,select,.choices"); before.before(error); }
    error.textContent = words; error.hidden = !words;
    box.classList.toggle("bad", !!words);
    return !words;
  }
  function good(step) {
    let first = null;
    for (const field of step.querySelectorAll("[data-need],[data-need-one],#phone,#email")) {
      let words = "";
      if (field.dataset.needOne) words = field.querySelector("input:checked") ? "" : "请至少选一项诉求。";
      else if (field.id === "phone") {
        const digits = field.value.replace(/[\s()-]/g, "").replace(/^\+86/, "");
        if (!/^1[3-9]\d{9}$/.test(digits)) words = /^\d+$/.test(digits) && digits.length !== 11 ? `手机号应为11位,您填了${digits.length}位。` : "请填写11位手机号,例如13800138000。";
      } else if (field.id === "email") { if (field.value && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(field.value)) words = "邮箱格式不对,应类似 name@example.com。不用邮箱可以留空。"; }
      else if (!field.value.trim()) words = `请填写${field.dataset.need.replace(/^您的/, "您的")}。`;
      if (!complain(field, words) && !first) first = field;
    }
    if (first) first.focus();
    return !first;
  }

  function save() {
    const kept = {};
    for (const [name, value] of new FormData(form)) if (typeof value === "string") (kept[name] ??= []).push(value);
    try { localStorage.setItem(store, JSON.stringify(kept)); } catch { /* a full or closed store costs the draft only */ }
  }
  function restore() {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(store)); } catch { return; }
    if (!kept || form.querySelector(".bad")) return;
    let any = false;
    for (const field of form.elements) {
      if (!field.name || !(field.name in kept) || field.type === "file" || field.name === "channel") continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = kept[field.name].includes(field.value);
      else field.value = kept[field.name][0];
      if (field.type !== "hidden" && field.type !== "radio" && kept[field.name][0]) any = true;
    }
    form.querySelector(".restored").hidden = !any;
  }
  form.addEventListener("input", save);
  form.querySelector("[data-forget]").addEventListener("click", () => { localStorage.removeItem(store); location.assign(location.pathname); });

  const amount = document.getElementById("amount");
  amount.addEventListener("blur", () => {
    const plain = amount.value.replace(/[,,\s]/g, "");
    if (/^\d+(\.\d{0,2})?$/.test(plain)) { const [whole, part] = plain.split("."); amount.value = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part === undefined ? "" : "." + part); }
  });

  const picker = document.getElementById("evidence");
  const thumbs = document.getElementById("thumbs");
  picker.addEventListener("change", () => {
    let words = "";
    for (const file of picker.files) {
      if (files.length >= +form.dataset.most) { words = `最多${form.dataset.most}个文件,多选的没有加入。`; break; }
      if (file.size > +form.dataset.bytes) { words = `“${file.name}”超过20MB,没有加入。`; continue; }
      if (!files.some((one) => one.name === file.name && one.size === file.size)) files.push(file);
    }
    complain(picker, words);
    sync();
  });
  function sync() {
    const box = new DataTransfer();
    files.forEach((file) => box.items.add(file));
    picker.files = box.files;
    thumbs.replaceChildren(...files.map((file, index) => {
      const item = document.createElement("li");
      if (/^image\/(jpeg|png)$/.test(file.type)) { const image = document.createElement("img"); image.alt = ""; image.src = URL.createObjectURL(file); image.onload = () => URL.revokeObjectURL(image.src); item.append(image); }
      else { const kind = document.createElement("span"); kind.className = "kind"; kind.textContent = file.name.split(".").pop().toUpperCase(); item.append(kind); }
      item.append(file.name);
      const remove = document.createElement("button");
      remove.type = "button"; remove.textContent = "×"; remove.setAttribute("aria-label", `移除${file.name}`);
      remove.addEventListener("click", () => { files.splice(index, 1); sync(); });
      item.append(remove);
      return item;
    }));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const bad = steps.findIndex((step) => !good(step));
    if (bad >= 0) { show(bad, true); good(steps[bad]); return; }
    deliver(0);
  });
  function deliver(tries) {
    const sending = document.getElementById("sending");
    const network = document.getElementById("network");
    const request = new XMLHttpRequest();
    send.disabled = true; sending.hidden = false; network.hidden = true;
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      const share = Math.round((event.loaded / event.total) * 100);
      sending.querySelector("i").style.width = share + "%";
      document.getElementById("sent-share").textContent = share + "%";
    };
    request.onload = () => {
      if (request.status >= 500) return request.onerror();
      if (request.status === 200 && request.responseURL.includes("/received")) { try { localStorage.removeItem(store); } catch { /* nothing to remove */ } location.assign(request.responseURL); return; }
      // The server found something to mend: show its page, with what was typed.
      document.open(); document.write(request.responseText); document.close();
    };
    request.onerror = request.ontimeout = () => {
      // The same idempotency key goes along, so that a retry can't make a second case.
      if (tries < 2) return setTimeout(() => deliver(tries + 1), 1500 * (tries + 1));
      send.disabled = false; sending.hidden = true; network.hidden = false;
      network.textContent = "网络中断,您填写的内容已保存在本机,请重试。";
    };
    request.timeout = 180000;
    request.open("POST", form.action);
    request.send(new FormData(form));
  }
}

function finish(receipt) {
  const data = receipt.dataset;
  try { localStorage.removeItem("draft:" + data.clear); } catch { /* nothing to remove */ }
  const button = document.querySelector("[data-save-picture]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = 750; canvas.height = 640;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff"; pen.fillRect(0, 0, 750, 640);
    pen.fillStyle = "#1B6E43"; pen.fillRect(0, 0, 750, 12);
    const line = (words, y, size, colour = "#1A2733", weight = 400) => { pen.fillStyle = colour; pen.font = `${weight} ${size}px sans-serif`; pen.fillText(words, 48, y, 654); };
    line(data.station, 90, 34, "#1A2733", 700);
    line("投诉编号", 160, 26, "#5B6B79"); line(data.number, 206, 38, "#1A2733", 700);
    line("查询码(请勿告诉他人)", 276, 26, "#5B6B79"); line(data.code, 336, 54, "#1A2733", 700);
    line("答复时间", 410, 26, "#5B6B79"); line(data.by, 456, 34, "#1A2733", 700);
    line("电话 " + data.phone, 540, 30); line("查询 " + location.host + "/track", 590, 26, "#5B6B79");
    const link = document.createElement("a");
    link.download = data.number + ".png"; link.href = canvas.toDataURL("image/png"); link.click();
  });
}
