require "rails"
require "active_record/railtie"
require "action_controller/railtie"

class Site < Rails::Application
  config.load_defaults 6.1
  config.eager_load = true
  config.require_master_key = true
  config.hosts.clear
  config.logger = ActiveSupport::Logger.new($stdout)
  config.log_level = :info
  config.active_record.dump_schema_after_migration = false
  config.after_initialize { Rails.application.credentials.greeting! } # a wrong key ends it here, before anything is done
end
