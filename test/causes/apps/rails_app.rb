# Ways in which Rails apps lose the bytes that were signed: one path is one way.
require "action_controller/railtie"
require "base64"
require "webrick"
require "rack/handler/webrick"

class Hooks < Rails::Application
  config.eager_load = false
  config.logger = Logger.new(File::NULL)
  config.secret_key_base = "only for these tests"
  config.hosts.clear
  routes.append { post ":way", to: "hooks#create" }
end

class HooksController < ActionController::API
  WAYS = {
    "to_json" => ->(request) { request.request_parameters.to_json },
    "generate" => ->(request) { JSON.generate(JSON.parse(request.raw_post)) },
    "pretty" => ->(request) { JSON.pretty_generate(JSON.parse(request.raw_post)) },
    "to_query" => ->(request) { request.request_parameters.to_query },
    "form" => ->(request) { URI.encode_www_form(request.request_parameters) },
    "inspect" => ->(request) { JSON.parse(request.raw_post).to_s },
    "raw_post" => ->(request) { request.raw_post },
  }.freeze

  def create
    names = request.headers.to_h.keys.grep(/\AHTTP_|\ACONTENT_/)
    headers = names.to_h { |name| [name.delete_prefix("HTTP_").tr("_", "-").downcase, request.headers[name]] }
    body = WAYS.fetch(params[:way]).call(request)
    render json: { body: Base64.strict_encode64(body), headers: headers, url: request.original_url }
  end
end

Hooks.initialize!

$stdout.sync = true
quiet = WEBrick::Log.new(File::NULL)
Rack::Handler::WEBrick.run(Hooks, Host: "127.0.0.1", Port: 0, Logger: quiet, AccessLog: []) do |server|
  puts "listening on #{server.listeners.first.addr[1]}"
end
