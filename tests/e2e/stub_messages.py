"""The Anthropic Messages API as far as the `claude` program needs it, on loopback, with answers from a script.

A script is a list of {task, attempt, prompt_has, turns}. The first one whose `prompt_has` all stand in the conversation's
first prompt answers it; its turns are given in order, {cwd} in a tool's input being the folder that the client works in.
The client's place in the conversation tells the turn, so a request that is repeated gets the same answer again.
"""
import http.server
import json
import re
import threading

# The client tells the folder in its system prompt, newer ones in a message.
WORKING_DIRECTORY = re.compile(r"[Ww]orking directory:? (/[^\s<`\"\\]+)")


def texts(content):
    """A message's text; what tools have returned is no text."""
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content if block.get("type") == "text")


def blocks_of(turn, number, folder):
    """The answer's content; the ids of its tool calls are unique in the conversation."""
    blocks = [{"type": "text", "text": turn["text"]}] if "text" in turn else []
    for at, tool in enumerate(turn.get("tools", [])):
        given = {name: value.replace("{cwd}", folder) for name, value in tool["input"].items()}
        blocks.append({"type": "tool_use", "id": f"toolu_{number}_{at}", "name": tool["name"], "input": given})
    return blocks


def stream_of(message):
    """The message as the events of a stream: empty blocks, then what fills them, the real usage at the end."""
    usage = message["usage"]
    yield {"type": "message_start",
           "message": {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}}
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
           "usage": usage}
    yield {"type": "message_stop"}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def send(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value, status=200):
        self.send(status, "application/json", json.dumps(value).encode())

    def send_error_json(self, status, kind, message):
        self.send_json({"type": "error", "error": {"type": kind, "message": message}}, status)

    def do_GET(self):  # the client looks whether anybody is there
        self.send_json({})

    do_HEAD = do_GET

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        path = self.path.split("?")[0]
        record = {"path": path, "key": self.headers.get("x-api-key"), "script": None, "turn": None, "usage": None}
        with self.server.lock:
            self.server.requests.append(record)
            number = len(self.server.requests)
        if self.server.refuse:
            return self.send_error_json(401, "authentication_error", "invalid x-api-key")
        messages = [m for m in request.get("messages", []) if m["role"] != "system"]
        prompt = texts(messages[0]["content"]) if messages else ""
        turn = sum(message["role"] == "assistant" for message in messages)
        script = next((s for s in self.server.scripts if all(word in prompt for word in s["prompt_has"])), None)
        if path != "/v1/messages" or script is None or turn >= len(script["turns"]):
            return self.send_error_json(400, "invalid_request_error", "the script has no answer for this")
        answer = script["turns"][turn]
        record.update(script=(script["task"], script["attempt"]), turn=turn, usage=answer["usage"])
        folder = WORKING_DIRECTORY.search(json.dumps([request.get("system"), request["messages"]]))
        message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": request["model"],
                   "content": blocks_of(answer, number, folder.group(1) if folder else "/nowhere"),
                   "stop_reason": "tool_use" if "tools" in answer else "end_turn", "stop_sequence": None,
                   "usage": answer["usage"]}
        if not request.get("stream"):
            return self.send_json(message)
        events = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in stream_of(message))
        self.send(200, "text/event-stream", "".join(events).encode())


class Stub:
    """with Stub(scripts) as stub: stub.url, stub.requests. With `refuse` every key is a wrong one."""

    def __init__(self, scripts, refuse=False):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.scripts, self.server.refuse = scripts, refuse
        self.server.requests, self.server.lock = [], threading.Lock()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.requests = self.server.requests

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
